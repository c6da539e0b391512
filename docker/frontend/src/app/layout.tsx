import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { App } from "@/components/shell/App";

import "./globals.css";

/** Rendered for each request: the Content-Security-Policy allows only scripts with that answer's nonce. */
export const dynamic = "force-dynamic";

export const metadata: Metadata = {
    title: { default: "Habit tracker", template: "%s – Habit tracker" },
    description: "Check off your habits, keep your streaks, and ask the assistant.",
};

export const viewport: Viewport = {
    themeColor: [
        { media: "(prefers-color-scheme: light)", color: "#f7f5f0" },
        { media: "(prefers-color-scheme: dark)", color: "#14171a" },
    ],
};

export default function RootLayout({ children }: Readonly<{ children: ReactNode }>) {
    return (
        <html lang="en">
            <body>
                <App>{children}</App>
            </body>
        </html>
    );
}
