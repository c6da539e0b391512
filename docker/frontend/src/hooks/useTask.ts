import { useState } from "react";

import { messageOf } from "@/lib/api";

/** One thing that a form does: whether it is under way, and why it failed if it did. */
export function useTask() {
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<string>();

    /** Resolves to whether it worked. */
    async function run(task: () => Promise<unknown>): Promise<boolean> {
        setBusy(true);
        setFailure(undefined);
        try {
            await task();
            return true;
        } catch (error) {
            setFailure(messageOf(error));
            return false;
        } finally {
            setBusy(false);
        }
    }

    return { busy, failure, run };
}
