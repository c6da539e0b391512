import { FlatCompat } from "@eslint/eslintrc";

const compat = new FlatCompat({ baseDirectory: import.meta.dirname });

const config = [
    { ignores: [".next/**", "dist/**", "**/node_modules/**", "next-env.d.ts", "src/lib/api-schema.ts"] },
    ...compat.extends("next/core-web-vitals", "next/typescript"),
    {
        rules: {
            // A leading underscore says that a value is named only to leave it out.
            "@typescript-eslint/no-unused-vars": [
                "error",
                { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
            ],
        },
    },
];

export default config;
