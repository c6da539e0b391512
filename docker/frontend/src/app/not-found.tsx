import Link from "next/link";

export default function NotFound() {
    return (
        <>
            <h1>There is no such page</h1>
            <p>
                <Link href="/">Today</Link> is where your habits are.
            </p>
        </>
    );
}
