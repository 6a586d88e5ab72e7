#version 330 core
// Fresnel: nearly clear where the surface faces the eye, solid at its rim.
uniform vec3 ghost_color;
in vec3 p_view;
in vec3 n_view;
out vec4 color;
void main() {
    float facing = abs(dot(normalize(n_view), normalize(-p_view)));
    color = vec4(ghost_color, 0.07 + 0.60 * (1.0 - facing) * (1.0 - facing));
}
