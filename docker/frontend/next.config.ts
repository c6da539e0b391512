import type { NextConfig } from "next";

/**
 * Next puts its start-up data into inline scripts, and `/` is rendered at build time, before any
 * nonce exists: so scripts are limited to this origin, with inline ones allowed. All else is closed.
 */
const contentSecurityPolicy = [
    "default-src 'self'",
    // `next dev` evaluates modules for hot reloading; the built app never does.
    `script-src 'self' 'unsafe-inline'${process.env.NODE_ENV === "development" ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
].join("; ");

const securityHeaders = [
    { key: "Content-Security-Policy", value: contentSecurityPolicy },
    { key: "X-Content-Type-Options", value: "nosniff" },
    { key: "X-Frame-Options", value: "DENY" },
    { key: "Referrer-Policy", value: "same-origin" },
    { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
    { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
];

const nextConfig: NextConfig = {
    output: "standalone",
    // The lock file of the repository's root must not make Next trace from there.
    outputFileTracingRoot: __dirname,
    // No picture is resized and nothing is compiled at run time, so what does that stays out of the image.
    images: { unoptimized: true },
    outputFileTracingExcludes: {
        "*": ["node_modules/sharp/**", "node_modules/@img/**", "node_modules/typescript/**"],
    },
    poweredByHeader: false,
    reactStrictMode: true,
    // `npm run lint` lints everything; the image's build installs no linter.
    eslint: { ignoreDuringBuilds: true },
    headers: async () => [{ source: "/:path*", headers: securityHeaders }],
};

export default nextConfig;
