import { useState, type ChangeEvent } from "react";

import { useChange } from "@/hooks/useApi";
import { useTask } from "@/hooks/useTask";
import { api, apiResponse } from "@/lib/api";
import { saveFile } from "@/lib/files";
import type { ImportCounts } from "@/lib/types";
import { texts } from "@/texts/en/settings";

import { Failure } from "../shared/Failure";
import styles from "./SettingsScreen.module.css";

/** Everything the person has recorded, out and in. */
export function DataSection() {
    const change = useChange();
    const { busy, failure, run } = useTask();
    const [news, setNews] = useState("");

    /** Not a plain link: a failure is to be read on the page, not in a file that was saved. */
    async function download(path: string, name: string) {
        setNews("");
        const worked = await run(async () => {
            const response = await change(() => apiResponse(path));
            saveFile(await response.blob(), name);
        });
        if (worked) setNews(texts.savedAs(name));
    }

    async function upload(event: ChangeEvent<HTMLInputElement>) {
        const input = event.currentTarget;
        const file = input.files?.[0];
        if (!file) return;
        setNews("");
        await run(async () => {
            const content = parsed(await file.text());
            const counts = await change(() =>
                api<ImportCounts>("/api/v1/me/import", { method: "POST", body: content }),
            );
            setNews(texts.imported(counts.habits, counts.checkins));
        });
        // Choosing the same file again is to count as a choice.
        input.value = "";
    }

    return (
        <section aria-labelledby="data" className={`card ${styles.section}`}>
            <h2 id="data">{texts.data}</h2>
            <p className={styles.muted}>{texts.dataExplained}</p>
            <div className={styles.form}>
                <button
                    type="button"
                    disabled={busy}
                    onClick={() => void download("/api/v1/me/export", "habits.json")}
                >
                    {texts.exportJson}
                </button>
                <button
                    type="button"
                    disabled={busy}
                    onClick={() => void download("/api/v1/me/export.csv", "check-ins.csv")}
                >
                    {texts.exportCsv}
                </button>
                <label className={styles.field}>
                    {texts.import}
                    <input
                        type="file"
                        accept="application/json,.json"
                        disabled={busy}
                        onChange={(event) => void upload(event)}
                    />
                </label>
            </div>
            <Failure text={failure} />
            <p role="status">{news}</p>
        </section>
    );
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        throw new Error(texts.noExport);
    }
}
