import type { ChatConfirmation } from "@/lib/types";

import styles from "./ChatPanel.module.css";

interface ConfirmationCardProps {
    confirmation: ChatConfirmation;
    busy: boolean;
    onDecide: (accept: boolean) => void;
}

/** Asks before the assistant does what is not easily undone. */
export function ConfirmationCard({ confirmation, busy, onDecide }: ConfirmationCardProps) {
    const { id, habit } = confirmation;
    const { ask, yes } = question(confirmation);
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
                    Keep {habit}
                </button>
            </div>
        </div>
    );
}

function question({ tool, habit, date }: ChatConfirmation): { ask: string; yes: string } {
    if (tool === "undo_check_in") {
        return {
            ask: `Forget what is recorded for “${habit}” on ${date}, with its note?`,
            yes: `Forget ${date}`,
        };
    }
    return {
        ask: `Delete “${habit}”? It goes to the trash with all its days, and comes back from there for 30 days.`,
        yes: `Delete ${habit}`,
    };
}
