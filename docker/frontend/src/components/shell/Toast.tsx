import { createContext, useContext, useEffect, useState, type ReactNode } from "react";

import { texts } from "@/texts/en/shell";

import styles from "./Toast.module.css";

/** How long news stays: time to read it and to reach Undo. What went wrong stays until it is closed. */
const STAYS_MS = 12_000;

export interface News {
    text: string;
    /** A button beside the text. */
    action?: { text: string; run: () => void };
    /** Something went wrong: it is read out at once, and stays. */
    failure?: boolean;
}

const Context = createContext<(news: News) => void>(() => undefined);

/** Shows what has just happened, in place of what happened before. */
export function useToast(): (news: News) => void {
    return useContext(Context);
}

/**
 * The one place for what has just happened: above the navigation, in sight on a phone, and read out. On a screen whose
 * element has `data-field-at-foot` it is at the top.
 */
export function Toaster({ children }: { children: ReactNode }) {
    const [shown, setShown] = useState<News>();
    const close = () => setShown(undefined);

    useEffect(() => {
        if (!shown || shown.failure) return;
        const timer = setTimeout(() => setShown(undefined), STAYS_MS);
        return () => clearTimeout(timer);
    }, [shown]);

    return (
        <Context value={setShown}>
            {children}
            <div className={shown ? styles.toast : "visually-hidden"}>
                {/* Always there: a screen reader hears only what changes inside. */}
                <p role="status">{!shown?.failure && shown?.text}</p>
                {shown?.failure && <p role="alert">{shown.text}</p>}
                {shown?.action && (
                    <button
                        type="button"
                        onClick={() => {
                            close();
                            shown.action?.run();
                        }}
                    >
                        {shown.action.text}
                    </button>
                )}
                {shown && (
                    <button
                        type="button"
                        className="quiet"
                        aria-label={texts.close(shown.text)}
                        onClick={close}
                    >
                        <span aria-hidden="true">×</span>
                    </button>
                )}
            </div>
        </Context>
    );
}
