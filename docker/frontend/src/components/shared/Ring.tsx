const RADIUS = 15;
const AROUND = 2 * Math.PI * RADIUS;

/** A ring that fills up, from 0 to 1. A picture of what stands beside it in words. */
export function Ring({ share, className }: { share: number; className?: string }) {
    const filled = Math.min(1, Math.max(0, share));
    return (
        <svg viewBox="0 0 36 36" className={className} aria-hidden="true">
            <g fill="none" strokeWidth="4" transform="rotate(-90 18 18)">
                <circle cx="18" cy="18" r={RADIUS} stroke="var(--line-strong)" opacity="0.45" />
                <circle
                    cx="18"
                    cy="18"
                    r={RADIUS}
                    stroke="currentColor"
                    strokeLinecap="round"
                    strokeDasharray={`${filled * AROUND} ${AROUND}`}
                    visibility={filled > 0 ? undefined : "hidden"}
                />
            </g>
            {filled === 1 && (
                <path
                    d="m12 18.5 4 4 8-8.5"
                    fill="none"
                    stroke="currentColor"
                    strokeWidth="3"
                    strokeLinecap="round"
                    strokeLinejoin="round"
                />
            )}
        </svg>
    );
}
