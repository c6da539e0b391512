import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { App } from "@/components/shell/App";
import { buildId } from "@/server/build";
import { texts as outside } from "@/texts/en/outside";
import { texts } from "@/texts/en/shell";

import "./globals.css";

/** Rendered for each request: the Content-Security-Policy allows only scripts with that answer's nonce. */
export const dynamic = "force-dynamic";

export const metadata: Metadata = {
    title: { default: texts.product, template: `%s – ${texts.product}` },
    description: outside.description,
};

export const viewport: Viewport = {
    themeColor: [
        { media: "(prefers-color-scheme: light)", color: "#f6f5f1" },
        { media: "(prefers-color-scheme: dark)", color: "#121518" },
    ],
};

export default function RootLayout({ children }: Readonly<{ children: ReactNode }>) {
    return (
        <html lang="en">
            <body>
                <App build={buildId()}>{children}</App>
            </body>
        </html>
    );
}
