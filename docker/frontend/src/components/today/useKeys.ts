import { useEffect, useRef } from "react";

import { useAccountHolder } from "@/hooks/UserContext";

/** Runs what belongs to a key, unless the person is typing, has to log in again, or a dialog is open. */
export function useKeys(keys: Record<string, () => void>) {
    const { away } = useAccountHolder();
    const latest = useRef(keys);
    useEffect(() => {
        latest.current = keys;
    });
    useEffect(() => {
        if (away) return;
        function press(event: KeyboardEvent) {
            const { key, target, ctrlKey, metaKey, altKey } = event;
            const isTyping =
                target instanceof Element &&
                target.closest("input:not([type=checkbox]), textarea, select, dialog");
            const run = latest.current[key];
            if (!run || isTyping || ctrlKey || metaKey || altKey) return;
            event.preventDefault();
            run();
        }
        document.addEventListener("keydown", press);
        return () => document.removeEventListener("keydown", press);
    }, [away]);
}
