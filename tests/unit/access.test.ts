import { expect } from "chai";
import {
    type MinikubeFacts,
    contextAccess,
    minikubeAccess,
    publishedAddress,
} from "../../components/access.ts";
import { SERVICE } from "./harness.ts";

/** The docker driver on Linux without published ports; each test changes what it is about. */
const linux: MinikubeFacts = {
    profile: "minikube",
    kubectl: "minikube -p minikube kubectl -- --context minikube",
    nodeIp: "192.168.49.2",
    reachesNode: true,
    publishedPorts: [],
    ...SERVICE,
};
const nodePortUrl = "http://192.168.49.2:30080";

describe("access", () => {
    it("uses the node's address where this host reaches it", () => {
        expect(minikubeAccess(linux)).to.deep.equal({
            url: nodePortUrl,
            nodePortUrl,
            accessCommand: "minikube -p minikube service habit-tracker-frontend -n default --url",
            needsCommand: false,
        });
    });

    it("uses a published port wherever there is one", () => {
        const publishedPorts = ["127.0.0.1:31080:30080"];
        expect(minikubeAccess({ ...linux, publishedPorts }).url).to.equal("http://127.0.0.1:31080");
        const mac = { ...linux, publishedPorts, reachesNode: false };
        expect(minikubeAccess(mac)).to.include({ url: "http://127.0.0.1:31080", nodePortUrl });
    });

    it("gives the exact command where nothing leads in (docker driver on macOS, Windows, WSL)", () => {
        const mac = { ...linux, reachesNode: false };
        expect(minikubeAccess(mac)).to.deep.equal({
            url: "http://127.0.0.1:3000",
            nodePortUrl,
            accessCommand:
                "minikube -p minikube kubectl -- --context minikube -n default port-forward service/habit-tracker-frontend 3000",
            needsCommand: true,
        });
    });

    it("names the tunnel of a LoadBalancer, and where it leads", () => {
        const balanced = { ...linux, serviceType: "LoadBalancer", nodePort: undefined } as const;
        expect(minikubeAccess(balanced)).to.deep.equal({
            url: "http://10.96.0.17:3000",
            nodePortUrl: undefined,
            accessCommand: "minikube -p minikube tunnel",
            needsCommand: true,
        });
        for (const own of [{ reachesNode: false }, { clusterIp: undefined }]) {
            expect(minikubeAccess({ ...balanced, ...own }).url).to.equal("http://localhost:3000");
        }
    });

    it("is the Ingress's host where there is one, and shows where that name has to lead", () => {
        const access = (tls: boolean) =>
            minikubeAccess({
                ...linux,
                reachesNode: false,
                ingress: { host: "habits.example.org", tls },
            });
        expect(access(true)).to.deep.equal({
            url: "https://habits.example.org",
            nodePortUrl,
            accessCommand:
                "minikube -p minikube kubectl -- --context minikube -n default get ingress habit-tracker-frontend",
            needsCommand: false,
        });
        expect(access(false).url).to.equal("http://habits.example.org");
    });

    it("forwards a port where the Service has none on the node", () => {
        const access = minikubeAccess({ ...linux, nodePort: undefined });
        expect(access.nodePortUrl).to.equal(undefined);
        expect(access.url).to.equal("http://127.0.0.1:3000");
        expect(access.accessCommand).to.contain("port-forward");
    });

    describe("of any other cluster", () => {
        const { namespace, serviceName, servicePort, clusterIp } = linux;
        const service = {
            ...{ namespace, serviceName, servicePort, clusterIp },
            serviceType: "LoadBalancer" as const,
            nodePort: undefined,
            balancerAddress: undefined,
            ingress: undefined,
            kubectl: "kubectl --context prod",
            nodeAddress: undefined,
        };
        const forward =
            "kubectl --context prod -n default port-forward service/habit-tracker-frontend 3000";

        it("is what its load balancer says", () => {
            expect(contextAccess({ ...service, balancerAddress: "lb.example" })).to.deep.equal({
                url: "http://lb.example:3000",
                nodePortUrl: undefined,
                accessCommand: forward,
                needsCommand: false,
            });
            expect(contextAccess({ ...service, balancerAddress: "2001:db8::1" }).url).to.equal(
                "http://[2001:db8::1]:3000",
            );
        });

        it("is the Ingress's host, whatever else leads in", () => {
            const ingress = { host: "habits.example.org", tls: true };
            const open = { ...service, ingress, nodePort: 30080, nodeAddress: "203.0.113.7" };
            expect(contextAccess({ ...open, balancerAddress: "lb.example" })).to.deep.equal({
                url: "https://habits.example.org",
                nodePortUrl: "http://203.0.113.7:30080",
                accessCommand:
                    "kubectl --context prod -n default get ingress habit-tracker-frontend",
                needsCommand: false,
            });
        });

        it("is a port of a node that this host reaches", () => {
            const url = "http://203.0.113.7:30080";
            const facts = { ...service, nodePort: 30080, nodeAddress: "203.0.113.7" };
            expect(contextAccess(facts)).to.include({ url, nodePortUrl: url, needsCommand: false });
        });

        it("is a forwarded port where nothing else leads in", () => {
            for (const facts of [
                service,
                { ...service, nodePort: 30080 },
                { ...service, nodeAddress: "203.0.113.7" },
            ]) {
                expect(contextAccess(facts)).to.deep.equal({
                    url: "http://127.0.0.1:3000",
                    nodePortUrl: undefined,
                    accessCommand: forward,
                    needsCommand: true,
                });
            }
        });
    });

    it("reads every form of a published port", () => {
        expect(publishedAddress(["30080:30080"], 30080)).to.equal("127.0.0.1:30080");
        expect(publishedAddress(["8080:30080/tcp"], 30080)).to.equal("127.0.0.1:8080");
        expect(publishedAddress(["0.0.0.0:80:30080"], 30080)).to.equal("127.0.0.1:80");
        expect(publishedAddress(["10.0.0.5:80:30080"], 30080)).to.equal("10.0.0.5:80");
        for (const every of ["::", "[::]"]) {
            expect(publishedAddress([`${every}:80:30080`], 30080)).to.equal("127.0.0.1:80");
        }
        expect(publishedAddress(["[::1]:80:30080"], 30080)).to.equal("[::1]:80");
        // of a range Docker takes any one that is free
        for (const other of ["80:30080/udp", "1:2", "31000-31005:30080"]) {
            expect(publishedAddress([other], 30080)).to.equal(undefined);
        }
    });
});
