"""Presenters: each binds one page's widgets to what is live, to operations and to jobs; they hold no data of their own but what is open."""
