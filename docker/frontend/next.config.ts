import type { NextConfig } from "next";

const nextConfig: NextConfig = {
    output: "standalone",
    // The lock file of the repository's root must not make Next trace from there.
    outputFileTracingRoot: __dirname,
    // No picture is resized and nothing is compiled at run time, so what does that stays out of the image.
    images: { unoptimized: true },
    // What src/server needs besides Next, which does not follow its imports.
    outputFileTracingIncludes: { "*": ["node_modules/cookie/**"] },
    outputFileTracingExcludes: {
        "*": ["node_modules/sharp/**", "node_modules/@img/**", "node_modules/typescript/**"],
    },
    // Titles are known at once, so no page has to wait for its own; to Next, everybody is a bot that cannot.
    htmlLimitedBots: /.*/,
    poweredByHeader: false,
    reactStrictMode: true,
    // `npm run lint` lints everything; the image's build installs no linter.
    eslint: { ignoreDuringBuilds: true },
};

export default nextConfig;
