// As much of crictl as kubeadm and Minikube ask of a node: the real one is in no module that is served.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const configuration = "/etc/crictl.yaml"

// repeated is a flag that may be given several times.
type repeated []string

func (r *repeated) String() string         { return strings.Join(*r, ",") }
func (r *repeated) Set(value string) error { *r = append(*r, value); return nil }

func main() {
	endpoint := flag.String("r", "", "")
	flag.StringVar(endpoint, "runtime-endpoint", "", "")
	flag.Parse()
	if flag.NArg() == 0 {
		fail(fmt.Errorf("usage: crictl [-r ENDPOINT] COMMAND"))
	}
	if err := run(connect(*endpoint), flag.Arg(0), flag.Args()[1:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

type engine struct {
	cri.RuntimeServiceClient
	cri.ImageServiceClient
}

// connect reads the endpoint in crictl's file where none is given.
func connect(endpoint string) engine {
	if endpoint == "" {
		text, _ := os.ReadFile(configuration)
		if found := regexp.MustCompile(`(?m)^runtime-endpoint: *(\S+)`).FindSubmatch(text); found != nil {
			endpoint = string(found[1])
		}
	}
	if !strings.HasPrefix(endpoint, "unix://") {
		endpoint = "unix://" + endpoint
	}
	connection, err := grpc.Dial(endpoint, grpc.WithInsecure(), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
	if err != nil {
		fail(err)
	}
	return engine{cri.NewRuntimeServiceClient(connection), cri.NewImageServiceClient(connection)}
}

func run(e engine, command string, args []string) error {
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	var labels repeated
	quiet := flags.Bool("q", false, "")
	flags.BoolVar(quiet, "quiet", false, "")
	output := flags.String("o", "", "")
	flags.StringVar(output, "output", "", "")
	name := flags.String("name", "", "")
	timeout := flags.Int64("timeout", 0, "")
	flags.Var(&labels, "label", "")
	for _, ignored := range []string{"a", "all", "f", "force", "no-trunc"} {
		flags.Bool(ignored, false, "")
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	named := func(do func(string) error) error {
		for _, argument := range flags.Args() {
			if err := do(argument); err != nil {
				return err
			}
		}
		return nil
	}

	switch command {
	case "version":
		found, err := e.Version(ctx, &cri.VersionRequest{})
		if err != nil {
			return err
		}
		fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n",
			found.Version, found.RuntimeName, found.RuntimeVersion, found.RuntimeApiVersion)
	case "info":
		found, err := e.Status(ctx, &cri.StatusRequest{Verbose: true})
		if err != nil {
			return err
		}
		answer := map[string]json.RawMessage{}
		for key, value := range found.Info {
			if json.Valid([]byte(value)) {
				answer[key] = json.RawMessage(value)
			}
		}
		answer["status"], _ = json.Marshal(found.Status)
		return print(answer)
	case "images":
		found, err := e.ListImages(ctx, &cri.ListImagesRequest{})
		if err != nil {
			return err
		}
		type image struct {
			ID          string   `json:"id"`
			RepoTags    []string `json:"repoTags"`
			RepoDigests []string `json:"repoDigests"`
			Size        string   `json:"size"`
		}
		images := []image{}
		for _, each := range found.Images {
			images = append(images, image{each.Id, each.RepoTags, each.RepoDigests, fmt.Sprint(each.Size_)})
		}
		return print(map[string]any{"images": images})
	case "inspecti":
		return named(func(reference string) error {
			found, err := e.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: reference}})
			if err == nil && found.Image == nil {
				err = fmt.Errorf("no such image %q present", reference)
			}
			if err != nil {
				return err
			}
			return print(map[string]any{"status": found.Image})
		})
	case "pull":
		return named(func(reference string) error {
			_, err := e.PullImage(ctx, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: reference}})
			return err
		})
	case "rmi":
		return named(func(reference string) error {
			found, err := e.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: reference}})
			if err == nil && found.Image == nil {
				err = fmt.Errorf("no such image %q", reference)
			}
			if err == nil {
				_, err = e.RemoveImage(ctx, &cri.RemoveImageRequest{Image: &cri.ImageSpec{Image: reference}})
			}
			return err
		})
	case "ps":
		found, err := e.ListContainers(ctx, &cri.ListContainersRequest{Filter: &cri.ContainerFilter{LabelSelector: selector(labels)}})
		if err != nil {
			return err
		}
		wanted := regexp.MustCompile(*name)
		for _, each := range found.Containers {
			if !wanted.MatchString(each.Metadata.Name) {
				continue
			}
			if *quiet {
				fmt.Println(each.Id)
			} else {
				fmt.Println(each.Id, each.Metadata.Name, each.State)
			}
		}
	case "pods":
		found, err := e.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{Filter: &cri.PodSandboxFilter{LabelSelector: selector(labels)}})
		if err != nil {
			return err
		}
		for _, each := range found.Items {
			fmt.Println(each.Id)
		}
	case "stop":
		return named(func(id string) error {
			_, err := e.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: id, Timeout: *timeout})
			return err
		})
	case "rm":
		return named(func(id string) error {
			if _, err := e.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: id}); err != nil {
				return err
			}
			_, err := e.RemoveContainer(ctx, &cri.RemoveContainerRequest{ContainerId: id})
			return err
		})
	case "stopp":
		return named(func(id string) error {
			_, err := e.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: id})
			return err
		})
	case "rmp":
		return named(func(id string) error {
			_, err := e.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: id})
			return err
		})
	default:
		return fmt.Errorf("this crictl does not know %q", command)
	}
	return nil
}

func selector(labels []string) map[string]string {
	selected := map[string]string{}
	for _, label := range labels {
		if key, value, found := strings.Cut(label, "="); found {
			selected[key] = value
		}
	}
	return selected
}

func print(answer any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(answer)
}
