"use client";

import { useEffect, useRef, useState, type FormEvent } from "react";

import { useChat, type ShownTurn } from "@/hooks/useChat";

import { Failure } from "../shared/Failure";
import { Trouble } from "../shared/Trouble";
import styles from "./ChatPanel.module.css";
import { ConfirmationCard } from "./ConfirmationCard";
import { actionText } from "./actions";

/** The conversation with the assistant. `level` is the heading's, which depends on what stands around it. */
export default function ChatPanel({ level = 2 }: { level?: 1 | 2 }) {
    const { turns, history, questions, busy, failure, send, decide, forget } = useChat();
    const [message, setMessage] = useState("");
    const conversation = useRef<HTMLDivElement>(null);
    const Heading = `h${level}` as const;

    const length = turns.reduce((sum, { text }) => sum + text.length, turns.length);
    useEffect(() => {
        conversation.current?.scrollTo({ top: conversation.current.scrollHeight });
    }, [length, questions.length, failure]);

    async function submit(event: FormEvent) {
        event.preventDefault();
        const text = message.trim();
        if (text === "" || busy) return;
        setMessage("");
        // What could not be sent is not lost: it goes back to where it was typed.
        if (!(await send(text))) setMessage((typed) => typed || text);
    }

    return (
        <section aria-labelledby="assistant" className={`card ${styles.panel}`}>
            <div className={styles.title}>
                <Heading id="assistant">Assistant</Heading>
                {turns.length > 0 && (
                    <button
                        type="button"
                        className="quiet"
                        disabled={busy}
                        onClick={() => void forget()}
                    >
                        Clear conversation
                    </button>
                )}
            </div>
            <div
                className={styles.conversation}
                role="log"
                aria-label="Conversation"
                // An answer that is still coming in is read out once, when it is complete.
                aria-busy={busy}
                tabIndex={0}
                ref={conversation}
            >
                {turns.length === 0 && !history.error && (
                    <p className={styles.hint}>
                        Ask how your week went, or say “I went for a run” and let the assistant
                        check it off. It can add habits too.
                    </p>
                )}
                {turns.map((turn) => (
                    <Turn key={turn.id} turn={turn} />
                ))}
                {busy && <p className={styles.hint}>Thinking…</p>}
                {questions.map((asked) => (
                    <ConfirmationCard
                        key={asked.id}
                        confirmation={asked}
                        busy={busy}
                        onDecide={(accept) => void decide(asked.id, accept)}
                    />
                ))}
            </div>
            {history.error && !failure && (
                <Trouble
                    message={history.error.message}
                    busy={history.loading}
                    onRetry={history.reload}
                />
            )}
            <Failure text={failure} />
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
                <button type="submit" className="primary" disabled={busy}>
                    Send
                </button>
            </form>
        </section>
    );
}

function Turn({ turn: { role, text, actions } }: { turn: ShownTurn }) {
    return (
        <div className={role === "user" ? styles.user : styles.assistant}>
            <span className="visually-hidden">{role === "user" ? "You:" : "Assistant:"}</span>
            {text && <p>{text}</p>}
            {actions.length > 0 && (
                <ul className={styles.actions} aria-label="What the assistant did">
                    {actions.map((action, index) => (
                        <li key={index}>{actionText(action)}</li>
                    ))}
                </ul>
            )}
        </div>
    );
}
