import { texts } from "@/texts/en/shell";

import { Trouble } from "./Trouble";

/** Lets the person load the page anew. Never by itself: what was typed would be gone. */
export function LoadAgain({ message }: { message: string }) {
    return <Trouble message={message} button={texts.loadAgain} onRetry={() => location.reload()} />;
}
