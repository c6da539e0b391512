import { useId, useState } from "react";

import { useToast } from "@/components/shell/Toast";
import { useHabitChanges } from "@/hooks/useHabits";
import { api, ApiError } from "@/lib/api";
import type { Habit, HabitFields } from "@/lib/types";
import { goalText, scheduleText } from "@/texts/en/schedule";
import { texts } from "@/texts/en/manage";

import HabitForm from "./HabitForm";
import styles from "./HabitForm.module.css";

interface HabitEditorProps {
    habit: Habit;
    onDone: () => void;
}

interface Conflict {
    mine: HabitFields;
    theirs: Habit;
}

/**
 * Changes a habit on the ground of what it was when the form was opened, whatever a refresh has brought since. What
 * somebody else has changed meanwhile is shown, and the person decides.
 */
export default function HabitEditor({ habit, onDone }: HabitEditorProps) {
    const { edit } = useHabitChanges();
    const [base] = useState(habit);
    const [conflict, setConflict] = useState<Conflict>();
    const tell = useToast();
    const form = useId();

    async function save(ground: Habit, fields: HabitFields) {
        const mine = differences(base, fields);
        try {
            await edit(ground, mine);
        } catch (error) {
            if (!(error instanceof ApiError && error.status === 412)) throw error;
            const theirs = await api<Habit>(`/api/v1/habits/${base.id}`);
            // Where both have changed different things, there is nothing to decide.
            const both = Object.keys(differences(ground, theirs)).some((field) => field in mine);
            if (!both) return save(theirs, fields);
            setConflict({ mine: fields, theirs });
            throw error;
        }
        tell({ text: texts.saved(fields.name) });
    }

    return (
        <>
            {conflict && <Choice conflict={conflict} form={form} onDone={onDone} />}
            <HabitForm
                form={form}
                label={texts.editHabit(base.name)}
                initial={base}
                submitText={texts.save}
                // After a conflict too: whoever goes on typing has seen what the others wrote.
                onSubmit={(fields) => save(conflict?.theirs ?? base, fields)}
                onDone={onDone}
            />
        </>
    );
}

interface ChoiceProps {
    conflict: Conflict;
    /** The form's id: what is typed there by then is what is kept. */
    form: string;
    onDone: () => void;
}

function Choice({ conflict: { mine, theirs }, form, onDone }: ChoiceProps) {
    const changed = differences(theirs, mine);

    return (
        <div
            className={`card ${styles.conflict}`}
            role="group"
            aria-label={texts.conflict(theirs.name)}
        >
            <p>{texts.conflict(theirs.name)}.</p>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{texts.field}</th>
                        <th scope="col">{texts.theirs}</th>
                        <th scope="col">{texts.mine}</th>
                    </tr>
                </thead>
                <tbody>
                    {FIELDS.filter((field) => field in changed).map((field) => (
                        <tr key={field}>
                            <th scope="row">{field === "icon" ? texts.icon : texts[field]}</th>
                            <td>{inWords(theirs, field)}</td>
                            <td>{inWords(mine, field)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <div className={styles.buttons}>
                <button type="submit" form={form} className="primary">
                    {texts.keepMine}
                </button>
                <button type="button" onClick={onDone}>
                    {texts.takeTheirs}
                </button>
            </div>
        </div>
    );
}

const FIELDS = ["name", "icon", "color", "schedule", "goal"] as const;

/** What the person has changed, and nothing else: other changes elsewhere stay. */
function differences(base: HabitFields, fields: HabitFields): Partial<HabitFields> {
    const changed = FIELDS.filter(
        (field) => JSON.stringify(base[field]) !== JSON.stringify(fields[field]),
    );
    return Object.fromEntries(changed.map((field) => [field, fields[field]]));
}

function inWords(fields: HabitFields, field: (typeof FIELDS)[number]): string {
    if (field === "schedule") return scheduleText(fields.schedule);
    if (field === "goal") return fields.goal ? goalText(fields.goal) : texts.nothing;
    if (field === "color") return texts.colors[fields.color] ?? fields.color;
    return fields[field] ?? texts.nothing;
}
