#version 330 core
uniform vec4 line_color;
in float away;
out vec4 color;
void main() { color = vec4(line_color.rgb, line_color.a * clamp(1.0 - away / 1.25, 0.0, 1.0)); }
