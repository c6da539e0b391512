import { useSyncExternalStore } from "react";

/** The width from which the assistant has room beside Today; Today.module.css has the same. */
const WIDE = "(min-width: 60rem)";

/** Whether there is room for two columns. */
export function useWide(): boolean {
    return useSyncExternalStore(subscribe, isWide, () => false);
}

function subscribe(onChange: () => void) {
    const query = window.matchMedia(WIDE);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
}

function isWide(): boolean {
    return window.matchMedia(WIDE).matches;
}
