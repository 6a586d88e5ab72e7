#version 330 core
// Points and silhouettes: the shade of the vertex, or one colour for the outline.
uniform int outline;
uniform vec4 outline_color;
in vec3 shade;
out vec4 color;
void main() { color = outline == 1 ? outline_color : vec4(shade, 1.0); }
