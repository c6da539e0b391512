import { texts } from "@/texts/en/keys";

import { Dialog } from "../shared/Dialog";

/** What each key does on Today. */
export default function KeyList({ onClose }: { onClose: () => void }) {
    return (
        <Dialog title={texts.keys} onClose={onClose}>
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
