import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";

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

/** Shows what has just happened; `instead` is what it takes the place of, as it turned out otherwise. */
type Tell = (news: News, instead?: News) => void;

const Context = createContext<Tell>(() => undefined);

/** Shows what has just happened, in place of what happened before. What went wrong stays beside it. */
export function useToast(): Tell {
    return useContext(Context);
}

/**
 * The one place for what has just happened: above the navigation, in sight on a phone, and read out. On a screen whose
 * element has `data-field-at-foot` it is at the top.
 */
export function Toaster({ children }: { children: ReactNode }) {
    const [shown, setShown] = useState<News[]>([]);
    const failures = shown.filter(({ failure }) => failure);
    const news = shown.find(({ failure }) => !failure);

    const tell = useCallback<Tell>((latest, instead) => {
        const stays = (one: News) =>
            one !== instead && one.text !== latest.text && (one.failure || latest.failure);
        setShown((all) => [...all.filter(stays), latest]);
    }, []);
    const close = (closed: News) => setShown((all) => all.filter((one) => one !== closed));

    useEffect(() => {
        if (!news) return;
        const timer = setTimeout(() => close(news), STAYS_MS);
        return () => clearTimeout(timer);
    }, [news]);

    return (
        <Context value={tell}>
            {children}
            <div className={styles.toasts}>
                {failures.map((failure) => (
                    <div key={failure.text} className={styles.toast}>
                        <p role="alert">{failure.text}</p>
                        <Buttons news={failure} onClose={() => close(failure)} />
                    </div>
                ))}
                <div className={news ? styles.toast : "visually-hidden"}>
                    {/* Always there: a screen reader hears only what changes inside. */}
                    <p role="status">{news?.text}</p>
                    {news && <Buttons news={news} onClose={() => close(news)} />}
                </div>
            </div>
        </Context>
    );
}

function Buttons({ news: { text, action }, onClose }: { news: News; onClose: () => void }) {
    return (
        <>
            {action && (
                <button
                    type="button"
                    onClick={() => {
                        onClose();
                        action.run();
                    }}
                >
                    {action.text}
                </button>
            )}
            <button
                type="button"
                className="quiet"
                aria-label={texts.close(text)}
                onClick={onClose}
            >
                <span aria-hidden="true">×</span>
            </button>
        </>
    );
}
