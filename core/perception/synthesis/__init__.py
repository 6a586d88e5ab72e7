"""Training scenes for the identifier, made from nothing: shapes, layouts, a sensor model. Needs no download, no GL and no device."""
