import type { ChatConfirmation } from "@/lib/types";
import { texts } from "@/texts/en/chat";

import styles from "./ChatPanel.module.css";

interface ConfirmationCardProps {
    confirmation: ChatConfirmation;
    busy: boolean;
    onDecide: (accept: boolean) => void;
}

/** Asks before the assistant does what is not easily undone. */
export function ConfirmationCard({ confirmation, busy, onDecide }: ConfirmationCardProps) {
    const { id, habit } = confirmation;
    return (
        <div className={styles.confirmation} role="group" aria-labelledby={id}>
            <p id={id}>{texts.archiveAsk(habit)}</p>
            <div className={styles.decision}>
                <button
                    type="button"
                    className="danger"
                    disabled={busy}
                    onClick={() => onDecide(true)}
                >
                    {texts.archive(habit)}
                </button>
                <button type="button" disabled={busy} onClick={() => onDecide(false)}>
                    {texts.keep(habit)}
                </button>
            </div>
        </div>
    );
}
