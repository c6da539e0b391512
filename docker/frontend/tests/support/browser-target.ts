import type { TestProject } from "vitest/node";

import assemble from "./assemble";
import { startApp } from "./app-server";
import { startGemini } from "./gemini";
import { startLocalBackend } from "./local-backend";

declare module "vitest" {
    interface ProvidedContext {
        /** Where the product is, with a chatbot that has no key; null where there is none. */
        targetUrl: string | null;
        /** The same with a chatbot that asks the stand-in for the model. */
        chatUrl: string | null;
    }
}

/**
 * What the browser tests open: the addresses in BROWSER_TEST_URL and BROWSER_TEST_CHAT_URL, or else the built app in
 * front of the real backend on a database of its own. A stand-in plays the model, which is not part of this product.
 */
export default async function target(project: TestProject) {
    const { BROWSER_TEST_URL: plain, BROWSER_TEST_CHAT_URL: chatting } = process.env;
    if (plain || chatting) {
        project.provide("targetUrl", plain ? new URL(plain).origin : null);
        project.provide("chatUrl", chatting ? new URL(chatting).origin : null);
        return;
    }
    const stops: (() => unknown)[] = [];
    const stop = async () => {
        for (const end of stops.reverse()) await end();
    };
    try {
        const { appDir, remove } = assemble();
        stops.push(remove);
        const gemini = await startGemini();
        stops.push(gemini.stop);
        const backends = [
            await startLocalBackend(),
            await startLocalBackend({ GEMINI_API_KEY: "stand-in", GEMINI_BASE_URL: gemini.url }),
        ];
        stops.push(...backends.map((backend) => backend.stop));
        const apps = [];
        for (const { url } of backends) {
            const app = await startApp({ appDir, env: { NEXT_PUBLIC_API_URL: url } });
            stops.push(app.stop);
            apps.push(app.url);
        }
        project.provide("targetUrl", apps[0] ?? "");
        project.provide("chatUrl", apps[1] ?? "");
    } catch (error) {
        await stop();
        throw error;
    }
    return stop;
}
