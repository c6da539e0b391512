import type { ChatConfirmation } from "@/lib/types";
import { questionText, texts } from "@/texts/en/chat";

import styles from "./ChatPanel.module.css";

interface ConfirmationCardProps {
    confirmation: ChatConfirmation;
    busy: boolean;
    onDecide: (accept: boolean) => void;
}

/** Asks before the assistant does what is not easily undone. */
export function ConfirmationCard({ confirmation, busy, onDecide }: ConfirmationCardProps) {
    const { id, habit } = confirmation;
    const { ask, yes } = questionText(confirmation);
    return (
        <div className={styles.confirmation} role="group" aria-labelledby={id}>
            <p id={id}>{ask}</p>
            <div className={styles.decision}>
                <button
                    type="button"
                    className="danger"
                    disabled={busy}
                    onClick={() => onDecide(true)}
                >
                    {yes}
                </button>
                <button type="button" disabled={busy} onClick={() => onDecide(false)}>
                    {texts.keep(habit)}
                </button>
            </div>
        </div>
    );
}
