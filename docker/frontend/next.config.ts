import type { NextConfig } from "next";

import { API_POLICY } from "./src/server/content-security-policy";

const securityHeaders = [
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
    // Titles are known at once, so no page has to wait for its own; to Next, everybody is a bot that cannot.
    htmlLimitedBots: /.*/,
    poweredByHeader: false,
    reactStrictMode: true,
    // `npm run lint` lints everything; the image's build installs no linter.
    eslint: { ignoreDuringBuilds: true },
    // The pages' own policy, with a nonce for each answer, comes from src/middleware.ts.
    headers: async () => [
        { source: "/:path*", headers: securityHeaders },
        {
            source: "/api/:path*",
            headers: [{ key: "Content-Security-Policy", value: API_POLICY }],
        },
    ],
};

export default nextConfig;
