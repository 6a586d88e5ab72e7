#version 330 core
// The ground grid in the base frame, fading with the distance from the middle of the work.
layout(location = 0) in vec3 p_base;
uniform mat4 clip_from_base;
uniform vec2 middle;
out float away;
void main() {
    away = distance(p_base.xy, middle);
    gl_Position = clip_from_base * vec4(p_base, 1.0);
}
