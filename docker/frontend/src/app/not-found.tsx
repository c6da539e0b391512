import type { Metadata } from "next";

export const metadata: Metadata = { title: "No such page" };

export default function NotFound() {
    return (
        <>
            <h1>There is no such page</h1>
            <p>
                {/* Loads the page anew: whatever led here may have gone wrong before. */}
                {/* eslint-disable-next-line @next/next/no-html-link-for-pages */}
                <a href="/">Today</a> is where your habits are.
            </p>
        </>
    );
}
