/** Why something did not work, said aloud as soon as it is known. */
export function Failure({ text }: { text: string | undefined }) {
    return text ? (
        <p className="failure" role="alert">
            {text}
        </p>
    ) : null;
}
