import { createParser } from "eventsource-parser";

export interface ServerEvent {
    event: string;
    data: unknown;
}

/** The events of a `text/event-stream` answer whose data is JSON, as they arrive. */
export async function* serverEvents(response: Response): AsyncGenerator<ServerEvent> {
    const arrived: ServerEvent[] = [];
    const parser = createParser({
        onEvent: ({ event = "message", data }) => arrived.push({ event, data: JSON.parse(data) }),
    });
    const decoder = new TextDecoder();
    // Not `for await` over the stream: Safari cannot.
    const reader = response.body?.getReader();
    try {
        for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
            parser.feed(decoder.decode(piece.value, { stream: true }));
            yield* arrived.splice(0);
        }
    } finally {
        await reader?.cancel();
    }
}
