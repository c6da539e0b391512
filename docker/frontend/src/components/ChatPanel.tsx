import { useEffect, useRef, useState, type FormEvent } from "react";

import { useChat, type ShownTurn } from "@/hooks/useChat";
import type { ChatAction, Day } from "@/lib/types";

import styles from "./ChatPanel.module.css";

interface ChatPanelProps {
    today: Day;
    onAction: () => void;
}

export function ChatPanel({ today, onAction }: ChatPanelProps) {
    const { turns, waiting, failure, send } = useChat(today, onAction);
    const [message, setMessage] = useState("");
    const conversation = useRef<HTMLDivElement>(null);

    useEffect(() => {
        conversation.current?.scrollTo({ top: conversation.current.scrollHeight });
    }, [turns, waiting]);

    async function submit(event: FormEvent) {
        event.preventDefault();
        const text = message.trim();
        if (text === "" || waiting) return;
        setMessage("");
        // What could not be sent is not lost: it goes back to where it was typed.
        if (!(await send(text))) setMessage(text);
    }

    return (
        <section aria-labelledby="assistant" className={styles.panel}>
            <h2 id="assistant">Assistant</h2>
            <div
                className={styles.conversation}
                role="log"
                aria-label="Conversation"
                tabIndex={0}
                ref={conversation}
            >
                {turns.length === 0 && (
                    <p className={styles.hint}>
                        Ask how your week went, or say “I went for a run” and let the assistant
                        check it off.
                    </p>
                )}
                {turns.map((turn, index) => (
                    <Turn key={index} turn={turn} />
                ))}
                {waiting && <p className={styles.hint}>Thinking…</p>}
            </div>
            {failure && (
                <p className={styles.failure} role="alert">
                    {failure}
                </p>
            )}
            <form className={styles.form} onSubmit={submit}>
                <label htmlFor="message">Message</label>
                <input
                    id="message"
                    value={message}
                    onChange={(event) => setMessage(event.target.value)}
                    autoComplete="off"
                    maxLength={2000}
                    required
                />
                <button type="submit" className="primary" disabled={waiting}>
                    Send
                </button>
            </form>
        </section>
    );
}

function Turn({ turn }: { turn: ShownTurn }) {
    return (
        <div className={turn.role === "user" ? styles.user : styles.assistant}>
            <span className="visually-hidden">{turn.role === "user" ? "You:" : "Assistant:"}</span>
            <p>{turn.text}</p>
            {turn.actions.length > 0 && (
                <ul className={styles.actions} aria-label="What the assistant did">
                    {turn.actions.map((action, index) => (
                        <li key={index}>{actionText(action)}</li>
                    ))}
                </ul>
            )}
        </div>
    );
}

/** “check in: Read” for `check_in` on Read. */
function actionText({ tool, habit }: ChatAction): string {
    return `${tool.replaceAll("_", " ")}: ${habit}`;
}
