import { useCallback, useSyncExternalStore } from "react";
import { useSWRConfig } from "swr";

import { api, ApiError, apiResponse, brokenOff, explanation, messageOf } from "@/lib/api";
import { serverEvents } from "@/lib/server-events";
import type { ChatAction, ChatConfirmation, ChatReply, ChatTurn } from "@/lib/types";

import { useApi, useCall, useHabitsRefresh } from "./useApi";
import { useUser } from "./UserContext";

const CHAT = "/api/v1/chat";

/** What the page shows of a turn; its id is a text until the backend has numbered it. */
export type ShownTurn = Pick<ChatTurn, "role" | "text" | "actions"> & { id: number | string };

/** What only the page knows of a conversation. */
interface Exchange {
    /** What is being typed. */
    draft: string;
    /** What is being said. */
    underWay: ShownTurn[];
    busy: boolean;
    failure: string | undefined;
    undone: readonly string[];
}

/** Outlives the screen: the backend acts on what was said, whether or not somebody watches. */
class ExchangeStore {
    private state: Exchange = {
        draft: "",
        underWay: [],
        busy: false,
        failure: undefined,
        undone: [],
    };
    private readonly listeners = new Set<() => void>();

    readonly get = () => this.state;

    readonly subscribe = (listener: () => void) => {
        this.listeners.add(listener);
        return () => void this.listeners.delete(listener);
    };

    set(difference: Partial<Exchange>) {
        this.state = { ...this.state, ...difference };
        for (const listener of this.listeners) listener();
    }
}

/** By the page's memory and by user. */
const stores = new WeakMap<object, Map<string, ExchangeStore>>();

function storeOf(memory: object, userId: string): ExchangeStore {
    const byUser = stores.get(memory) ?? new Map<string, ExchangeStore>();
    stores.set(memory, byUser);
    const store = byUser.get(userId) ?? new ExchangeStore();
    byUser.set(userId, store);
    return store;
}

/** A conversation with the assistant; the backend keeps it. */
export function useChat() {
    const history = useApi<ShownTurn[]>(`${CHAT}/history`);
    const questions = useApi<ChatConfirmation[]>(`${CHAT}/confirmations`);
    const refreshHabits = useHabitsRefresh();
    const call = useCall();
    const store = storeOf(useSWRConfig().cache, useUser().id);
    const { draft, underWay, busy, failure, undone } = useSyncExternalStore(
        store.subscribe,
        store.get,
        store.get,
    );

    async function remember(turns: ShownTurn[]) {
        await history.set((known) => joined(known ?? [], turns));
        store.set({ underWay: [] });
    }

    /** Resolves to whether it worked. */
    async function attempt(task: () => Promise<void>): Promise<boolean> {
        store.set({ busy: true, failure: undefined });
        try {
            await task();
            return true;
        } catch (error) {
            store.set({ underWay: [], failure: messageOf(error) });
            // It may have answered in part, asked or done something, before it failed.
            void history.reload();
            void questions.reload();
            return false;
        } finally {
            store.set({ busy: false });
        }
    }

    /** Shows the answer as it comes in. What could not be said goes back to where it was typed. */
    async function send() {
        const message = draft.trim();
        if (message === "" || busy) return;
        store.set({ draft: "" });
        let failed = false;
        const said = await attempt(async () => {
            const mine: ShownTurn = turn("user", message);
            let answer: ShownTurn = turn("assistant", "");
            const show = (difference: Partial<ShownTurn>) => {
                answer = { ...answer, ...difference };
                store.set({ underWay: [mine, answer] });
            };
            store.set({ underWay: [mine] });
            try {
                const response = await call(() =>
                    apiResponse(`${CHAT}/stream`, {
                        method: "POST",
                        body: { message },
                        headers: { accept: "text/event-stream" },
                    }),
                );
                const reason = await follow(response, {
                    text: (more) => show({ text: answer.text + more }),
                    action: (action) => show({ actions: [...answer.actions, action] }),
                    question: () => void questions.reload(),
                });
                failed = reason === "error";
            } finally {
                if (answer.actions.length > 0) void refreshHabits();
            }
            await remember([mine, answer]);
        });
        // Asked again, it does the rest and leaves out what is done.
        if (!said || failed) {
            store.set({ draft: [message, store.get().draft].filter(Boolean).join(" ") });
        }
    }

    /** Has the backend do something, and shows what it says of it. */
    function act(path: string, body?: object): Promise<boolean> {
        return attempt(async () => {
            const { reply, actions } = await call(() =>
                api<ChatReply>(`${CHAT}/${path}`, { method: "POST", body }),
            );
            void refreshHabits();
            await questions.reload();
            await remember([{ ...turn("assistant", reply), actions }]);
        });
    }

    async function undo(id: string) {
        if (await act(`undo/${id}`)) store.set({ undone: [...store.get().undone, id] });
    }

    function forget(): Promise<boolean> {
        return attempt(async () => {
            await call(() => api(`${CHAT}/history`, { method: "DELETE" }));
            await questions.reload();
            await history.set(() => []);
        });
    }

    return {
        turns: joined(history.data ?? [], underWay),
        history,
        questions: questions.data ?? [],
        draft,
        busy,
        failure,
        undone,
        type: useCallback((text: string) => store.set({ draft: text }), [store]),
        send,
        /** Lets the assistant do what it asked about, or not. */
        decide: (id: ChatConfirmation["id"], accept: boolean) =>
            act(`confirmations/${id}`, { accept }),
        undo,
        forget,
    };
}

interface Listener {
    text: (more: string) => void;
    action: (action: ChatAction) => void;
    question: () => void;
}

/** Reads the stream to its end, and says how the answer ended. Throws ApiError when it reports a problem, or breaks off. */
async function follow(response: Response, listener: Listener): Promise<ChatReply["finish_reason"]> {
    try {
        for await (const { event, data } of serverEvents(response)) {
            if (event === "delta") listener.text((data as { text: string }).text);
            if (event === "action") listener.action(data as ChatAction);
            if (event === "confirmation") listener.question();
            if (event === "error") throw new ApiError(explanation(data, 500), 500);
            if (event === "done") return (data as Pick<ChatReply, "finish_reason">).finish_reason;
        }
    } catch (error) {
        throw error instanceof ApiError ? error : brokenOff();
    }
    throw brokenOff();
}

/** What was said before and what is being said; the backend may have kept the question already. */
function joined(known: ShownTurn[], said: ShownTurn[]): ShownTurn[] {
    const [last, first] = [known.at(-1), said[0]];
    const isKept = first?.role === "user" && last?.role === "user" && last.text === first.text;
    // What was said is for a moment in both.
    const ids = new Set(known.map(({ id }) => id));
    return [...known, ...(isKept ? said.slice(1) : said).filter(({ id }) => !ids.has(id))];
}

let turns = 0;

/** A turn that the backend has not numbered yet. */
function turn(role: ShownTurn["role"], text: string): ShownTurn {
    turns += 1;
    return { id: `new-${turns}`, role, text, actions: [] };
}
