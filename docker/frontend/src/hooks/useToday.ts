import { useEffect, useState } from "react";

import { localDay } from "@/lib/dates";
import type { Day } from "@/lib/types";

const CHECK_EVERY_MS = 30_000;

/** The person's own date; changes at their midnight, also when the page was asleep then. */
export function useToday(): Day {
    const [today, setToday] = useState(() => localDay(new Date()));

    useEffect(() => {
        const update = () => setToday(localDay(new Date()));
        const timer = setInterval(update, CHECK_EVERY_MS);
        document.addEventListener("visibilitychange", update);
        return () => {
            clearInterval(timer);
            document.removeEventListener("visibilitychange", update);
        };
    }, []);

    return today;
}
