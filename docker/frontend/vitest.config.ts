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
                },
            },
            {
                resolve: { alias },
                test: {
                    name: "server",
                    environment: "node",
                    include: ["tests/server/**/*.test.ts"],
                    globalSetup: "tests/support/assemble.ts",
                    // Starting Next takes a second, on a busy machine many.
                    testTimeout: 60_000,
                    hookTimeout: 60_000,
                },
            },
        ],
    },
});
