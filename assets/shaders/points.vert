#version 330 core
// One vertex a depth pixel: deprojected, brought to the colour camera, coloured and labelled at its projected colour pixel.
uniform usampler2D depth_tex;
uniform sampler2D color_tex;
uniform usampler2D label_tex;
uniform sampler2D style_tex;      // one texel an instance: class colour, alpha 0 none, .5 unknown, 1 named
uniform ivec4 grid;               // first column, first row, columns, rows of the vertices to draw
uniform int stride;
uniform float depth_scale;
uniform vec4 depth_k;             // fx fy cx cy
uniform vec4 color_k;
uniform ivec2 color_size;
uniform mat4 T_color_depth;
uniform mat4 clip_from_color;
uniform float point_px;
uniform float table_px;
uniform int mode;                 // 0 camera, 1 objects, 2 depth
uniform int frozen;
uniform int dark;
uniform int selected;
uniform int hovered;
uniform int only_selected;
uniform float flash;              // 0..1 brightening of a just named object
uniform int flashed;
out vec3 shade;

const uint ARM = 65535u;
const uint TABLE = 65534u;
const vec4 GONE = vec4(2.0, 2.0, 2.0, 1.0);

float luma(vec3 c) { return dot(c, vec3(0.2126, 0.7152, 0.0722)); }

vec3 frozen_shade(vec3 c, bool thing) {
    if (dark == 1) return vec3((thing ? 0.60 : 0.37) * luma(c));
    return vec3(0.80 * luma(c) + 0.12);
}

vec3 object_shade(vec3 c, vec4 style, ivec2 pixel) {
    float l = luma(c);
    if (style.a < 0.75) {
        vec3 m = 0.45 * c + 0.55 * vec3(l);
        bool bright = ((pixel.x + pixel.y) / 5) % 2 == 0;
        if (dark == 1) return bright ? 1.05 * m + 0.03 : 0.58 * m;
        return bright ? m : 0.45 * m;
    }
    if (dark == 1) return 0.28 * c + 0.72 * style.rgb * (0.34 + 0.86 * l);
    return 0.30 * c + 0.70 * style.rgb * (0.26 + 0.86 * l);
}

vec3 table_shade(vec3 c) {
    if (dark == 1) return 0.20 * c + 0.44 * luma(c) * vec3(0.92, 0.98, 1.06);
    return 0.40 * c + 0.50 * luma(c) + 0.02;
}

vec3 depth_shade(float z) {
    float t = clamp((z - 0.35) / 1.15, 0.0, 1.0);
    return dark == 1 ? mix(vec3(0.94, 0.95, 0.97), vec3(0.16, 0.19, 0.24), t) : mix(vec3(0.10, 0.12, 0.15), vec3(0.74, 0.77, 0.80), t);
}

void main() {
    int columns = (grid.z + stride - 1) / stride;
    ivec2 at = ivec2(grid.x + (gl_VertexID % columns) * stride, grid.y + (gl_VertexID / columns) * stride);
    uint raw = texelFetch(depth_tex, at, 0).r;
    gl_Position = GONE;
    if (raw == 0u) return;
    float z = float(raw) * depth_scale;
    vec3 p_depth = vec3((vec2(at) - depth_k.zw) / depth_k.xy * z, z);
    vec3 p = (T_color_depth * vec4(p_depth, 1.0)).xyz;
    ivec2 pixel = ivec2(floor(p.xy / p.z * color_k.xy + color_k.zw + 0.5));
    bool seen = all(greaterThanEqual(pixel, ivec2(0))) && all(lessThan(pixel, color_size));
    vec3 c = seen ? texelFetch(color_tex, pixel, 0).rgb : vec3(0.35);
    uint label = seen ? texelFetch(label_tex, pixel, 0).r : 0u;
    bool arm = label == ARM;
    bool thing = label > 0u && label < TABLE;
    bool plain = !thing && !arm;
    if (only_selected == 1 && int(label) != selected) return;
    if (plain && mode == 1 && only_selected == 0 && ((at.x / stride) % 2 == 1 || (at.y / stride) % 2 == 1)) return;
    vec4 style = thing ? texelFetch(style_tex, ivec2(int(label) % 1024, 0), 0) : vec4(0.0);
    if (mode == 0) shade = c;
    else if (mode == 2) shade = depth_shade(z);
    else if (arm) shade = vec3(luma(c)) * (dark == 1 ? 0.74 : 0.78) + (dark == 1 ? 0.085 : 0.12);
    else if (thing) shade = object_shade(c, style, pixel);
    else shade = table_shade(c);
    if (frozen == 1) shade = frozen_shade(c, !plain);
    float size = plain && mode == 1 ? table_px : point_px;
    if (thing && frozen == 0) {
        if (int(label) == hovered) { shade *= 1.15; size *= 1.12; }
        if (int(label) == selected) shade *= 1.12;
        if (int(label) == flashed) shade = mix(shade, vec3(1.0), 0.6 * flash);
    }
    gl_Position = clip_from_color * vec4(p, 1.0);
    gl_PointSize = size;
}
