import { useState } from "react";

import { texts } from "@/texts/en/keys";

import { Dialog } from "../shared/Dialog";
import { useKeys } from "./useKeys";

/** Today by single keys, and the list of them. `list` holds a row a habit. */
export default function Keys({ list, onAdd }: { list: HTMLElement | null; onAdd: () => void }) {
    const [listing, setListing] = useState(false);

    /** The row with the focus, or one beside it; without one, the first. */
    const row = (by: number) => {
        const rows = [...(list?.querySelectorAll("li") ?? [])];
        const here = rows.findIndex((one) => one.contains(document.activeElement));
        return rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
    };
    const tick = (by: number) => row(by)?.querySelector<HTMLElement>("[data-tick]");
    useKeys({
        n: onAdd,
        j: () => tick(1)?.focus(),
        k: () => tick(-1)?.focus(),
        x: () => tick(0)?.click(),
        s: () => row(0)?.querySelector<HTMLElement>("[data-skip]")?.click(),
        "?": () => setListing(true),
    });

    if (!listing) return null;
    return (
        <Dialog title={texts.keys} onClose={() => setListing(false)}>
            <dl>
                {texts.keyList.map(([key, what]) => (
                    <div key={key}>
                        <dt>
                            <kbd>{key}</kbd>
                        </dt>
                        <dd>{what}</dd>
                    </div>
                ))}
            </dl>
        </Dialog>
    );
}
