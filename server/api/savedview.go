package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
)

// viewPath names filters that the caller keeps.
type viewPath struct {
	List string `path:"list" enum:"inbox,visits"`
	Name string `path:"name"`
}

// addViews adds the filters of lists that people keep under names.
func (a *api) addViews() {
	add(a, get("views", "/views", "Filters of the inbox and of the list of visits that the caller keeps under names"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.SavedView]], error) {
			views, err := a.svc.SavedViews(ctx, who.user)
			return answer(list(views, ""), err)
		})
	add(a, huma.Operation{OperationID: "saveView", Method: http.MethodPut, Path: "/views/{list}/{name}", Summary: "Keep filters under a name; filters that had another name are renamed"},
		func(ctx context.Context, who caller, in *struct {
			viewPath
			Body struct {
				Query string `json:"query" doc:"The query of the list's address, for example due=overdue&unit=CIV." example:"due=overdue&unit=CIV"`
			}
		}) (*body[store.SavedView], error) {
			return answer(a.svc.SaveView(ctx, who.user, in.List, in.Name, in.Body.Query))
		})
	add(a, huma.Operation{OperationID: "deleteView", Method: http.MethodDelete, Path: "/views/{list}/{name}", Summary: "Give up filters that are kept"},
		func(ctx context.Context, who caller, in *viewPath) (*struct{}, error) {
			return nil, a.svc.DeleteView(ctx, who.user, in.List, in.Name)
		})
}
