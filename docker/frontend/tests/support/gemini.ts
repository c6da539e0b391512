import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

interface Content {
    role: string;
    parts: { text?: string; functionCall?: object; functionResponse?: { name: string } }[];
}

/**
 * Speaks the Gemini API's wire format, and has an answer to what the browser tests say: it checks a habit off, asks to
 * delete one, or chats. What the backend makes of that is the backend's.
 */
export async function startGemini({ host = "127.0.0.1", port = 0 } = {}) {
    const server = createServer(async (request, response) => {
        const { contents } = JSON.parse(await text(request)) as { contents: Content[] };
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const part of answerTo(contents)) {
            const candidate = { content: { role: "model", parts: [part] }, finishReason: "STOP" };
            response.write(`data: ${JSON.stringify({ candidates: [candidate] })}\r\n\r\n`);
            await sleep(150);
        }
        response.end();
    }).listen(port, host);
    await once(server, "listening");
    return {
        url: `http://${host}:${(server.address() as AddressInfo).port}`,
        stop: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}

function answerTo(contents: Content[]): object[] {
    const last = contents.at(-1);
    const called = last?.parts.find((part) => part.functionResponse)?.functionResponse?.name;
    if (called) {
        return called === "delete_habit"
            ? [{ text: "That is for you to say." }]
            : [{ text: "Done. " }, { text: "Keep it up!" }];
    }
    const said = last?.parts.map((part) => part.text ?? "").join("") ?? "";
    const [, verb, name] = /(Check off|Delete) (.+)/.exec(said) ?? [];
    if (!verb) return [{ text: "You did well " }, { text: "this week." }];
    const tool = verb === "Delete" ? "delete_habit" : "check_in";
    return [{ functionCall: { name: tool, args: { habit: name } } }];
}
