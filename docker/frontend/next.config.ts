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
    // What several screens need comes once, in one file, and not a second time with each of them. Browsers that
    // package.json names have what these imitate for older ones.
    webpack: (config, { isServer }) => {
        if (isServer) return config;
        config.resolve.alias["../build/polyfills/polyfill-module"] = false;
        config.resolve.alias["next/dist/compiled/process"] = `${__dirname}/src/lib/process.js`;
        config.resolve.alias["use-sync-external-store/shim$"] = "react";
        // The page has no server actions and no links of Next's (see ScreenLink): the router's code for them stays out.
        for (const part of ["./reducers/server-action-reducer", "./links"])
            config.resolve.alias[part] = `${__dirname}/src/lib/links.js`;
        // In the first load stands the name of every later file: half as long tells its contents apart as well.
        config.output.hashDigestLength = 8;
        config.optimization.splitChunks.cacheGroups.shell = {
            name: "shell",
            test: /[\\/](?:src|node_modules[\\/](?:swr|dequal))[\\/].*[jt]sx?$/,
            chunks: "initial",
            minChunks: 3,
            enforce: true,
        };
        return config;
    },
    // Titles are known at once, so no page has to wait for its own; to Next, everybody is a bot that cannot.
    htmlLimitedBots: /.*/,
    poweredByHeader: false,
    reactStrictMode: true,
    // `npm run lint` lints everything; the image's build installs no linter.
    eslint: { ignoreDuringBuilds: true },
};

export default nextConfig;
