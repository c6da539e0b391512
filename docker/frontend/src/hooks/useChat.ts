import { useState } from "react";

import { api, messageOf } from "@/lib/api";
import type { ChatAction, ChatReply, ChatTurn, Day } from "@/lib/types";

import { useSessionCheck } from "./useSession";

/** How many turns go along as context: enough for a conversation, within a model's patience. */
const HISTORY_TURNS = 20;

export interface ShownTurn extends ChatTurn {
    actions: ChatAction[];
}

/** A conversation with the assistant. `onAction` is called when it has changed habits. */
export function useChat(today: Day, onAction: () => void) {
    const checkSession = useSessionCheck();
    const [turns, setTurns] = useState<ShownTurn[]>([]);
    const [waiting, setWaiting] = useState(false);
    const [failure, setFailure] = useState<string>();

    /** False when it failed: the message is then not part of the conversation. */
    async function send(message: string): Promise<boolean> {
        const before = turns;
        setTurns([...before, { role: "user", text: message, actions: [] }]);
        setWaiting(true);
        setFailure(undefined);
        try {
            const history = before.slice(-HISTORY_TURNS).map(({ role, text }) => ({ role, text }));
            const { reply, actions } = await api<ChatReply>("/api/v1/chat", {
                method: "POST",
                body: { message, history, today },
            });
            setTurns((shown) => [...shown, { role: "assistant", text: reply, actions }]);
            if (actions.length > 0) onAction();
            return true;
        } catch (error) {
            setTurns(before);
            setFailure(messageOf(error));
            checkSession(error);
            return false;
        } finally {
            setWaiting(false);
        }
    }

    return { turns, waiting, failure, send };
}
