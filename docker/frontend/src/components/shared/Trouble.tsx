import styles from "./Trouble.module.css";

interface TroubleProps {
    message: string;
    busy: boolean;
    onRetry: () => unknown;
}

/** Says that something could not be loaded, why, and lets the person try again. */
export function Trouble({ message, busy, onRetry }: TroubleProps) {
    return (
        <div className={styles.trouble} role="alert">
            <p>{message}</p>
            <button type="button" onClick={() => onRetry()} disabled={busy}>
                Retry
            </button>
        </div>
    );
}
