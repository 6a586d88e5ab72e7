#version 330 core
// A link of the ghost arm: its mesh in the link frame, posed in base.
layout(location = 0) in vec3 p_link;
layout(location = 1) in vec3 n_link;
uniform mat4 T_base_link;
uniform mat4 clip_from_base;
uniform mat4 view_from_base;
out vec3 p_view;
out vec3 n_view;
void main() {
    vec4 p_base = T_base_link * vec4(p_link, 1.0);
    p_view = (view_from_base * p_base).xyz;
    n_view = mat3(view_from_base) * mat3(T_base_link) * n_link;
    gl_Position = clip_from_base * p_base;
}
