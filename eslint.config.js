import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
    // each of these has its own linter and tests
    globalIgnores(["docker/", ".local/"]),
    js.configs.recommended,
    {
        files: ["**/*.mjs"],
        languageOptions: {
            globals: Object.fromEntries(
                ["console", "fetch", "process", "setTimeout", "URL"].map((name) => [
                    name,
                    "readonly",
                ]),
            ),
        },
    },
    {
        files: ["**/*.ts"],
        extends: [tseslint.configs.strictTypeChecked],
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/no-confusing-void-expression": [
                "error",
                { ignoreArrowShorthand: true },
            ],
            // an interface may ask for a promise where one implementation has nothing to wait for
            "@typescript-eslint/require-await": "off",
        },
    },
    {
        // chai's `expect(x).to.be.true` is an expression
        files: ["tests/**/*.ts", "scripts/closed-network/tests/**/*.ts"],
        rules: { "@typescript-eslint/no-unused-expressions": "off" },
    },
);
