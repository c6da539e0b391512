import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const alias = { "@": `${import.meta.dirname}/src` };

export default defineConfig({
    test: {
        projects: [
            {
                plugins: [react()],
                resolve: { alias },
                test: {
                    name: "page",
                    environment: "happy-dom",
                    include: ["tests/page/**/*.test.{ts,tsx}"],
                    setupFiles: "tests/support/patience.ts",
                    // Typing a form takes a second, on a busy machine many.
                    testTimeout: 30_000,
                },
            },
            {
                test: {
                    name: "api",
                    environment: "node",
                    include: ["tests/api/**/*.test.ts"],
                    // The first time, the backend installs what it needs.
                    hookTimeout: 600_000,
                },
            },
            {
                resolve: { alias },
                test: {
                    name: "server",
                    environment: "node",
                    include: ["tests/server/**/*.test.ts"],
                    globalSetup: "tests/support/assembled.ts",
                    // Starting Next takes a second, on a busy machine many.
                    testTimeout: 60_000,
                    hookTimeout: 60_000,
                },
            },
            {
                resolve: { alias },
                test: {
                    name: "browser",
                    environment: "node",
                    include: ["tests/browser/**/*.test.ts"],
                    globalSetup: "tests/support/browser-target.ts",
                    // One browser at a time: what it measures must not depend on what runs beside it.
                    fileParallelism: false,
                    testTimeout: 120_000,
                    hookTimeout: 120_000,
                },
            },
        ],
    },
});
