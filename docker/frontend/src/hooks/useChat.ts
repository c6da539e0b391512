import { useEffect, useRef, useState } from "react";

import { api, ApiError, apiResponse, brokenOff, explanation } from "@/lib/api";
import { serverEvents } from "@/lib/server-events";
import type { ChatAction, ChatConfirmation, ChatReply, ChatTurn } from "@/lib/types";

import { useApi, useHabitsRefresh } from "./useApi";
import { useSessionCheck } from "./useSession";
import { useTask } from "./useTask";

const CHAT = "/api/v1/chat";

/** What the page shows of a turn; its id is a text until the backend has numbered it. */
export type ShownTurn = Pick<ChatTurn, "role" | "text" | "actions"> & { id: number | string };

/** A conversation with the assistant; the backend keeps it. */
export function useChat() {
    const history = useApi<ShownTurn[]>(`${CHAT}/history`);
    const questions = useApi<ChatConfirmation[]>(`${CHAT}/confirmations`);
    const refreshHabits = useHabitsRefresh();
    const checkSession = useSessionCheck();
    const [underWay, setUnderWay] = useState<ShownTurn[]>([]);
    const { busy, failure, run } = useTask();
    const leaving = useRef<AbortController>(undefined);

    useEffect(() => {
        const controller = new AbortController();
        leaving.current = controller;
        return () => controller.abort();
    }, []);

    async function remember(turns: ShownTurn[]) {
        await history.mutate((known) => [...(known ?? []), ...turns], { revalidate: false });
        setUnderWay([]);
    }

    /** Resolves to whether it worked. */
    function attempt(task: () => Promise<void>): Promise<boolean> {
        return run(async () => {
            try {
                await task();
            } catch (error) {
                setUnderWay([]);
                checkSession(error);
                // It may have answered in part, asked or done something, before it failed.
                void history.mutate();
                void questions.mutate();
                throw error;
            }
        });
    }

    /** Shows the answer as it comes in. False when it failed: what was said is then to be said again. */
    function send(message: string): Promise<boolean> {
        return attempt(async () => {
            const mine: ShownTurn = turn("user", message);
            let answer: ShownTurn = turn("assistant", "");
            const show = (difference: Partial<ShownTurn>) => {
                answer = { ...answer, ...difference };
                setUnderWay([mine, answer]);
            };
            setUnderWay([mine]);
            try {
                const response = await apiResponse(`${CHAT}/stream`, {
                    method: "POST",
                    body: { message },
                    headers: { accept: "text/event-stream" },
                    signal: leaving.current?.signal,
                });
                await follow(response, {
                    text: (more) => show({ text: answer.text + more }),
                    action: (action) => show({ actions: [...answer.actions, action] }),
                    question: () => void questions.mutate(),
                });
            } finally {
                if (answer.actions.length > 0) void refreshHabits();
            }
            await remember([mine, answer]);
        });
    }

    /** Lets the assistant do what it asked about, or not. */
    function decide(id: ChatConfirmation["id"], accept: boolean): Promise<boolean> {
        return attempt(async () => {
            const { reply, actions } = await api<ChatReply>(`${CHAT}/confirmations/${id}`, {
                method: "POST",
                body: { accept },
            });
            if (actions.length > 0) void refreshHabits();
            await questions.mutate();
            await remember([{ ...turn("assistant", reply), actions }]);
        });
    }

    function forget(): Promise<boolean> {
        return attempt(async () => {
            await api(`${CHAT}/history`, { method: "DELETE" });
            await questions.mutate();
            await history.mutate([], { revalidate: false });
        });
    }

    return {
        turns: [...(history.data ?? []), ...underWay],
        history: { error: history.error, loading: history.loading, reload: () => history.mutate() },
        questions: questions.data ?? [],
        busy,
        failure,
        send,
        decide,
        forget,
    };
}

interface Listener {
    text: (more: string) => void;
    action: (action: ChatAction) => void;
    question: () => void;
}

/** Reads the stream to its end. Throws ApiError when it reports a problem, or breaks off. */
async function follow(response: Response, listener: Listener): Promise<void> {
    try {
        for await (const { event, data } of serverEvents(response)) {
            if (event === "delta") listener.text((data as { text: string }).text);
            if (event === "action") listener.action(data as ChatAction);
            if (event === "confirmation") listener.question();
            if (event === "error") throw new ApiError(explanation(data, 500), 500);
            if (event === "done") return;
        }
    } catch (error) {
        throw error instanceof ApiError ? error : brokenOff();
    }
    throw brokenOff();
}

let turns = 0;

/** A turn that the backend has not numbered yet. */
function turn(role: ShownTurn["role"], text: string): ShownTurn {
    turns += 1;
    return { id: `new-${turns}`, role, text, actions: [] };
}
