package visit

import "slices"

// Right says who may give a command of the life after the approval: holders of posts, and travellers or whoever speaks for
// them without a post.
type Right struct {
	Posts []string
	Own   bool // the travellers, their leader and the applicant
	Any   bool // everybody, even who has nothing to do with the visit
}

// RightTo tells who may give a command; ok is false for commands that are not of the life after the approval.
func (v Visit) RightTo(a Action) (r Right, ok bool) {
	switch a := a.(type) {
	case Prepare:
		return v.rightToPrepare(a.Preparation), true
	case Depart, ChangeReturn, Arrive, Cancel:
		return Right{Posts: carePosts, Own: true}, true
	case CheckIn:
		return Right{Posts: dutyPosts, Own: true}, true
	case FileReport:
		return Right{Own: true}, true
	case Suspend, Lift, Recall:
		return Right{Posts: orderPosts}, true
	case PassportIn:
		return Right{Posts: passportPosts}, true
	case AcceptReport, ReturnReport:
		return Right{Posts: reportPosts}, true
	case Archive:
		return Right{Posts: []string{ArchivePost}}, true
	case Object:
		return Right{Any: true}, true
	case Resolve:
		return Right{Posts: ResolverPosts}, true
	case ExemptNotice, PublishNotice:
		return Right{Posts: ExemptPosts}, true
	default:
		return Right{}, false
	}
}

func (v Visit) rightToPrepare(code string) Right {
	p, err := v.preparation(code)
	if err != nil {
		return Right{}
	}
	r := Right{Own: slices.Contains(p.By, ByTraveller) || slices.Contains(p.By, ByLeader)}
	for _, by := range p.By {
		if by != ByTraveller && by != ByLeader {
			r.Posts = append(r.Posts, by)
		}
	}
	return r
}

// Involved tells that a person applied for the visit, leads it or travels in it.
func (v Visit) Involved(person string) bool {
	return person == v.Applicant || slices.Contains(v.Travellers, person) || v.Route.Life != nil && v.Route.Life.Leader == person
}

// Whom lists the travellers whom a fact concerns, nil where it concerns the whole visit.
func Whom(f Fact) []string {
	switch f := f.(type) {
	case PreparationOpened:
		return f.Travellers
	case PreparationMet:
		return f.Travellers
	case Suspended:
		return f.Travellers
	case Lifted:
		return f.Travellers
	case Departed:
		return f.Travellers
	case CheckedIn:
		return f.Travellers
	case ReturnChanged:
		return f.Travellers
	case Recalled:
		return f.Travellers
	case CameBack:
		return f.Travellers
	case RiskChanged:
		return slices.Concat(f.Suspended, f.Again, f.Asked)
	case PassportHandedIn:
		return f.Travellers
	case ReportFiled:
		return f.Travellers
	case Alarmed:
		return f.Travellers
	case Expired:
		return f.Travellers
	case Cancelled:
		return f.Travellers
	default:
		return nil
	}
}
