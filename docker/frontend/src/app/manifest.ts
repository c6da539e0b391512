import type { MetadataRoute } from "next";

import { texts as outside } from "@/texts/en/outside";
import { texts } from "@/texts/en/shell";

/** What a phone shows of the page on its home screen. The pictures are those of icon.svg, without its round corners. */
export default function manifest(): MetadataRoute.Manifest {
    const png = (size: number) => ({
        src: `/icon-${size}.png`,
        sizes: `${size}x${size}`,
        type: "image/png",
    });
    return {
        name: texts.product,
        short_name: texts.habits,
        description: outside.description,
        start_url: "/",
        display: "standalone",
        background_color: "#f6f5f1",
        theme_color: "#2f855a",
        icons: [
            { src: "/icon.svg", sizes: "any", type: "image/svg+xml" },
            png(192),
            png(512),
            { ...png(512), purpose: "maskable" },
        ],
    };
}
