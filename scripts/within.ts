/**
 * Gives a task so many seconds, and then aborts it. Unlike AbortSignal.timeout, this keeps the process alive meanwhile:
 * a connection that is taken and closed at once, as while Minikube starts, leaves `fetch` waiting with nothing that does.
 */
export async function within<T>(
    seconds: number,
    task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
    const attempt = new AbortController();
    const timer = setTimeout(
        () => attempt.abort(new Error(`no answer within ${seconds} s`)),
        seconds * 1000,
    );
    try {
        return await task(attempt.signal);
    } finally {
        clearTimeout(timer);
    }
}
