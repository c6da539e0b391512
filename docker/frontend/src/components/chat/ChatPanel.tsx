"use client";

import { useEffect, useRef, useState, type FormEvent } from "react";

import { useChat, type ShownTurn } from "@/hooks/useChat";
import { actionText, texts } from "@/texts/en/chat";

import { Failure } from "../shared/Failure";
import { Trouble } from "../shared/Trouble";
import styles from "./ChatPanel.module.css";
import { ConfirmationCard } from "./ConfirmationCard";

/** The conversation with the assistant. `level` is the heading's, which depends on what stands around it. */
export default function ChatPanel({ level = 2 }: { level?: 1 | 2 }) {
    const chat = useChat();
    const { turns, history, questions, draft, busy, failure } = chat;
    const [clearing, setClearing] = useState(false);
    const conversation = useRef<HTMLDivElement>(null);
    const Heading = `h${level}` as const;

    const length = turns.reduce((sum, { text }) => sum + text.length, turns.length);
    useEffect(() => {
        conversation.current?.scrollTo({ top: conversation.current.scrollHeight });
    }, [length, questions.length, failure]);

    function submit(event: FormEvent) {
        event.preventDefault();
        void chat.send();
    }

    return (
        <section aria-labelledby="assistant" className={`card ${styles.panel}`}>
            <div className={styles.title}>
                <Heading id="assistant">{texts.assistant}</Heading>
                {turns.length > 0 && (
                    <button
                        type="button"
                        className="quiet"
                        disabled={busy}
                        aria-expanded={clearing}
                        onClick={() => setClearing(!clearing)}
                    >
                        {texts.clear}
                    </button>
                )}
            </div>
            {clearing && turns.length > 0 && (
                <div className={styles.confirmation} role="group" aria-label={texts.clear}>
                    <p>{texts.clearAsk}</p>
                    <div className={styles.decision}>
                        <button
                            type="button"
                            className="danger"
                            disabled={busy}
                            onClick={() => void chat.forget().then(() => setClearing(false))}
                        >
                            {texts.clearYes}
                        </button>
                        <button type="button" autoFocus onClick={() => setClearing(false)}>
                            {texts.clearNo}
                        </button>
                    </div>
                </div>
            )}
            <div
                className={styles.conversation}
                role="log"
                aria-label={texts.conversation}
                // An answer that is still coming in is read out once, when it is complete.
                aria-busy={busy}
                tabIndex={0}
                ref={conversation}
            >
                {turns.length === 0 && !history.error && (
                    <p className={styles.hint}>{texts.hint}</p>
                )}
                {turns.map((turn) => (
                    <Turn
                        key={turn.id}
                        turn={turn}
                        undone={chat.undone}
                        busy={busy}
                        onUndo={(id) => void chat.undo(id)}
                    />
                ))}
                {busy && <p className={styles.hint}>{texts.thinking}</p>}
                {questions.map((asked) => (
                    <ConfirmationCard
                        key={asked.id}
                        confirmation={asked}
                        busy={busy}
                        onDecide={(accept) => void chat.decide(asked.id, accept)}
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
                <label htmlFor="message">{texts.message}</label>
                <input
                    id="message"
                    value={draft}
                    onChange={(event) => chat.type(event.target.value)}
                    autoComplete="off"
                    maxLength={2000}
                    required
                />
                <button type="submit" className="primary" disabled={busy}>
                    {texts.send}
                </button>
            </form>
        </section>
    );
}

interface TurnProps {
    turn: ShownTurn;
    undone: readonly string[];
    busy: boolean;
    onUndo: (id: string) => void;
}

function Turn({ turn: { role, text, actions }, undone, busy, onUndo }: TurnProps) {
    return (
        <div className={role === "user" ? styles.user : styles.assistant}>
            <span className="visually-hidden">{role === "user" ? texts.you : texts.them}</span>
            {text && <p>{text}</p>}
            {actions.length > 0 && (
                <ul className={styles.actions} aria-label={texts.did}>
                    {actions.map((action, index) => (
                        <li key={index}>
                            <span>{actionText(action)}</span>
                            {action.undo && !undone.includes(action.undo) && (
                                <button
                                    type="button"
                                    className="quiet"
                                    disabled={busy}
                                    aria-label={texts.undoIt(actionText(action))}
                                    onClick={() => onUndo(action.undo as string)}
                                >
                                    {texts.undo}
                                </button>
                            )}
                        </li>
                    ))}
                </ul>
            )}
        </div>
    );
}
