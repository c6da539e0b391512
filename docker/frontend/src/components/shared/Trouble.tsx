import { texts } from "@/texts/en/shell";

import styles from "./Trouble.module.css";

interface TroubleProps {
    message: string;
    busy?: boolean;
    button?: string;
    onRetry: () => unknown;
}

/** Says that something could not be loaded, why, and lets the person try again. */
export function Trouble({ message, busy = false, button = texts.retry, onRetry }: TroubleProps) {
    return (
        <div className={styles.trouble} role="alert">
            <p>{message}</p>
            <button type="button" onClick={() => onRetry()} disabled={busy}>
                {button}
            </button>
        </div>
    );
}
