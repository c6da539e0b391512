import { useEffect, useId, useRef, type ReactNode } from "react";

import { useAccountHolder } from "@/hooks/UserContext";
import { texts } from "@/texts/en/day";

import styles from "./Dialog.module.css";

interface DialogProps {
    title: string;
    children: ReactNode;
    onClose: () => void;
}

/** The browser's own modal dialog: keeps the focus inside, closes by Escape, and gives the focus back. */
export function Dialog({ title, children, onClose }: DialogProps) {
    const id = useId();
    const dialog = useRef<HTMLDialogElement>(null);
    /** Whether the mouse went down beside it: a selection of text that only ends there is no wish to close. */
    const beside = useRef(false);
    const { away } = useAccountHolder();
    useEffect(() => {
        // Even out of sight it would block the page, and with it the form to log in again.
        if (away) return;
        const opener = document.activeElement;
        const shown = dialog.current;
        shown?.showModal();
        return () => {
            shown?.close();
            if (opener instanceof HTMLElement) opener.focus();
        };
    }, [away]);

    return (
        <dialog
            ref={dialog}
            className={styles.dialog}
            aria-labelledby={id}
            onCancel={onClose}
            onMouseDown={(event) => {
                beside.current = event.target === dialog.current;
            }}
            onClick={(event) => {
                if (beside.current && event.target === dialog.current) onClose();
            }}
        >
            <div className={styles.content}>
                <div className={styles.title}>
                    <h2 id={id}>{title}</h2>
                    <button
                        type="button"
                        className="quiet"
                        aria-label={texts.close}
                        onClick={onClose}
                    >
                        <span aria-hidden="true">×</span>
                    </button>
                </div>
                {children}
            </div>
        </dialog>
    );
}
